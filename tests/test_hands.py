import pytest
import torch

from helpers.data import hands
from helpers.data.hand_poses import LETTERS
from helpers.data.hands import make_hands

SIGN_MNIST_LABELS = [label for label in range(25) if label != 9]  # J is a movement, and so is Z


@pytest.fixture(scope="module")
def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    return make_hands(4, range(4), seed=0)


@pytest.fixture(scope="module")
def scenes() -> dict[str, torch.Tensor]:
    """Return 8 hands of each letter: their pictures, and how much of each pixel is hand."""
    letters, signers = torch.arange(24).repeat_interleave(8), torch.arange(8).repeat(24)
    people = hands._pick(hands._people(list(range(100, 108))), signers)
    takes = hands._takes(len(letters), torch.Generator().manual_seed(5))
    scene, hand = hands._draw_scene(letters, people, takes)
    share = torch.nn.functional.avg_pool2d(hand.float()[:, None], hands.FINE)[:, 0]
    return {"pictures": hands._develop(scene, takes), "share": share}


# What comes back


def test_images_and_labels_are_those_of_sign_mnist_in_shape_and_type(capsys):
    images, labels = make_hands(1, [0], seed=0)
    assert (images.shape, images.dtype, labels.dtype) == ((24, 28, 28), torch.uint8, torch.int64)
    assert "24/24" in capsys.readouterr().err  # a progress bar counts them


def test_every_letter_comes_equally_often_in_random_order(drawn):
    labels = drawn[1].tolist()
    assert sorted(labels) == [label for label in SIGN_MNIST_LABELS for _ in range(4)]
    assert labels != sorted(labels)
    assert len(set(labels[:24])) < 24  # nor in rounds of all letters


# The same arguments, the same bytes


@pytest.mark.parametrize("batch", [5, 96])
@pytest.mark.parametrize("threads", [1, 2])
def test_same_arguments_give_the_same_bytes_in_batches_and_threads_of_any_number(
    drawn, monkeypatch, batch, threads
):
    monkeypatch.setattr(hands, "BATCH", batch)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        again = make_hands(4, range(4), seed=0)
        assert torch.get_num_threads() == threads  # as it was found
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(a, b) for a, b in zip(drawn, again, strict=True))


def test_torch_s_own_random_numbers_are_neither_used_nor_changed(drawn):
    torch.manual_seed(123)
    before = torch.get_rng_state()
    assert torch.equal(make_hands(4, range(4), seed=0)[0], drawn[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_gives_other_images_and_another_order(drawn):
    assert not any(torch.equal(a, b) for a, b in zip(drawn, make_hands(4, range(4), seed=1), strict=True))


# Signers


def test_other_signers_give_other_images_of_the_same_letters(drawn):
    images, labels = make_hands(4, range(50, 54), seed=0)
    assert torch.equal(labels, drawn[1])
    assert (images != drawn[0]).flatten(1).any(1).all()


def test_two_takes_of_a_signer_differ_and_stay_closer_than_those_of_two_signers():
    people = hands._people([0, 1])
    takes = hands._takes(64, torch.Generator().manual_seed(0))
    letters = torch.full((64,), LETTERS.index("v"))
    for name in hands.UNIFORM:  # the same camera and room: only the hand counts
        takes[name][:] = 0.99
    one, other = (
        hands._draw_scene(letters, hands._pick(people, torch.full((64,), signer)), takes)[1].float()
        for signer in (0, 1)
    )
    between_takes = (one[:32] - one[32:]).abs().mean()
    assert 0 < between_takes < (one[:32] - other[32:]).abs().mean()


def test_a_signer_is_the_same_person_in_every_call():
    in_two, alone = hands._people([7, 3]), hands._people([3])
    assert all(torch.equal(in_two[trait][1], alone[trait][0]) for trait in alone)


def test_signers_take_turns_in_each_letter(monkeypatch):
    seen, draw = [], hands._draw_scene

    def remember(letters, person, take):
        seen.extend(zip(letters.tolist(), person["skin"].flatten().tolist(), strict=True))
        return draw(letters, person, take)

    monkeypatch.setattr(hands, "_draw_scene", remember)
    make_hands(4, [1, 2], seed=0)
    skins = hands._people([1, 2])["skin"].flatten().tolist()
    assert all(seen.count((letter, skin)) == 2 for letter in range(24) for skin in skins)


# What is in the picture


def test_the_hand_covers_a_plausible_share_of_the_picture(scenes):
    covered = scenes["share"].mean((1, 2))
    of_letters = covered.view(24, 8).mean(1)
    assert 0.06 < covered.min() < covered.max() < 0.75
    assert 0.15 < of_letters.min() < of_letters.max() < 0.5


def test_the_hand_differs_in_brightness_from_what_is_right_around_it(scenes):
    share, pictures = scenes["share"], scenes["pictures"]
    grown = torch.nn.functional.max_pool2d(share[:, None], 5, stride=1, padding=2)[:, 0]
    inside, around = share == 1, (share == 0) & (grown > 0)
    steps = [(p[i].mean() - p[a].mean()).abs() for p, i, a in zip(pictures, inside, around, strict=True)]
    assert torch.stack(steps).median() > 0.12
    assert (torch.stack(steps) > 0.03).float().mean() > 0.9


def test_the_wall_is_never_as_bright_as_the_hand():
    people, takes = hands._people([0]), hands._takes(1, torch.Generator().manual_seed(0))
    for name in ("table", "door", "head", "shirt"):
        takes[name][:] = 1.0  # none of them
    for name in ("slope_x", "slope_y", "vignette", "wall"):
        takes[name][:] = 0.0
    people["slope_x"][:] = people["slope_y"][:] = 0.0
    for hand in torch.linspace(0.2, 0.9, 15):
        room = hands._room(hand.view(1, 1, 1), people, takes)
        assert (room - hand).abs().min() >= hands.LEAST_CONTRAST - 1e-6


def test_a_capsule_s_front_is_where_a_ball_along_its_way_reaches_highest():
    capsule = torch.tensor([-0.4, 0.1, 0.0, 0.7, 0.2, 0.3, 0.2, 0.0]).view(8, 1, 1)
    x, y = torch.tensor([[0.05, -0.9]]), torch.tensor([[0.25, -0.9]])
    [[depth, beside]], facing = hands._front(x, y, capsule)
    t = torch.linspace(0, 1, 10_001)
    squared = 0.2**2 - (0.05 + 0.4 - 0.7 * t) ** 2 - (0.25 - 0.1 - 0.2 * t) ** 2
    highest = (0.3 * t + squared.clamp_min(0).sqrt())[squared > 0].max()
    torch.testing.assert_close(depth, highest, atol=1e-4, rtol=0)
    assert torch.stack(facing)[:, 0, 0].norm().item() == pytest.approx(1)
    assert beside == hands.NOWHERE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"per_letter": 0}, "per_letter is 0; at least 1"),
        ({"per_letter": -2}, "per_letter is -2; at least 1"),
        ({"signers": []}, r"no signers.*range\(40\)"),
        ({"signers": [3, -1]}, "Signer -1: .* start at 0"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_hands(**{"per_letter": 1, "signers": [0], "seed": 0} | arguments)
