import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, random_split
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


def test_images_become_floats_from_0_to_1_with_a_channel_and_the_data_set_stays_as_it_was():
    pictures = ManyPictures(5)
    images, labels = to_tensors(pictures)
    assert images.shape == (5, 1, 28, 28)
    assert images.dtype == torch.float32
    assert (images.min(), images.max()) == (0, 1)
    assert labels.tolist() == [0, 1, 2, 3, 4]
    assert torch.equal(pictures.data, ManyPictures(5).data)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_are_those_of_the_usual_way_for_the_same_seed(shuffle):
    part, _ = random_split(ManyPictures(50), [45, 5], generator=torch.Generator().manual_seed(1))
    torch.manual_seed(42)
    usual = [batch for _ in range(2) for batch in DataLoader(part, batch_size=8, shuffle=shuffle)]
    torch.manual_seed(42)
    loader = make_loader(part, batch_size=8, shuffle=shuffle)
    ours = [batch for _ in range(2) for batch in loader]
    assert type(loader) is DataLoader
    assert loader.batch_size == 8
    assert [len(labels) for _, labels in ours] == 2 * [8, 8, 8, 8, 8, 5]
    for (images, labels), (usual_images, usual_labels) in zip(ours, usual, strict=True):
        assert torch.equal(labels, usual_labels)
        assert torch.equal(images, usual_images)
