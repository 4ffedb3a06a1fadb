import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split
from torchvision.transforms import ToTensor

from helpers.loading import make_loader, to_tensors

TO_TENSOR = ToTensor()  # as the usual courses have it


class ManyPictures(Dataset):
    """What `make_loader` needs to know of a data set, and no more."""

    def __init__(self, count: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.data = torch.randint(256, (count, 28, 28), dtype=torch.uint8, generator=generator)
        self.targets = torch.arange(count) % 10

    def __getitem__(self, index):
        return TO_TENSOR(Image.fromarray(self.data[index].numpy())), self.targets[index].item()

    def __len__(self):
        return len(self.data)


def test_images_become_floats_from_0_to_1_with_a_channel():
    images, labels = to_tensors(ManyPictures(5))
    assert images.shape == (5, 1, 28, 28)
    assert images.dtype == torch.float32
    assert images.min() >= 0
    assert images.max() <= 1
    assert labels.tolist() == [0, 1, 2, 3, 4]


def test_the_data_set_itself_is_left_as_it_was():
    pictures = ManyPictures(5)
    before = pictures.data.clone()
    to_tensors(pictures)
    assert torch.equal(pictures.data, before)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_are_those_of_the_usual_way_for_the_same_seed(shuffle):
    part, _ = random_split(ManyPictures(50), [45, 5], generator=torch.Generator().manual_seed(1))
    torch.manual_seed(42)
    usual = [batch for _ in range(2) for batch in DataLoader(part, batch_size=8, shuffle=shuffle)]
    torch.manual_seed(42)
    ours = [batch for _ in range(2) for batch in make_loader(part, batch_size=8, shuffle=shuffle)]
    assert len(ours) == len(usual) == 12
    for (images, labels), (usual_images, usual_labels) in zip(ours, usual, strict=True):
        assert torch.equal(labels, usual_labels)
        assert torch.equal(images, usual_images)


def test_it_is_a_plain_data_loader_with_a_ragged_last_batch():
    loader = make_loader(ManyPictures(10), batch_size=4)
    assert type(loader) is DataLoader
    assert loader.batch_size == 4
    assert [len(labels) for _, labels in loader] == [4, 4, 2]


def test_an_empty_data_set_is_an_error():
    with pytest.raises(ValueError, match="data set is empty"):
        make_loader(Subset(ManyPictures(5), []), shuffle=True)


def test_a_data_set_without_image_tensors_is_sent_to_the_usual_way():
    with pytest.raises(
        TypeError, match=r"TensorDataset keeps no tensors .* plain torch.utils.data.DataLoader"
    ):
        make_loader(TensorDataset(torch.rand(3, 1)))
