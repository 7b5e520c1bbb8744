"""The perception-distortion plane: the blends on it, from faces in one shard or in several."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from helpers import tiny_classifier
from torch import Tensor

from facedenoise.evaluation.frechet import frechet_distance
from facedenoise.evaluation.scored import Scored, write_scored
from facedenoise.evaluation.spectrum import spectrum_error
from facedenoise.evaluation.tradeoff import Blend, Point
from facedenoise.evaluation.two_sample import two_sample_accuracy
from facedenoise.images.fidelity import psnr

COUNT = 40


def faces(unet_error: float, gan_error: float) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    clean = 0.3 + 0.4 * torch.rand(COUNT, 1, 16, 16, generator=generator)
    error, other = torch.randn(2, *clean.shape, generator=generator)
    changes = {"noisy": 0.1 * error, "unet": unet_error * other, "gan": gan_error * other}
    return {"clean": clean, **{name: (clean + change).clamp(0, 1) for name, change in changes.items()}}


def scored(folder: Path, images: dict[str, Tensor], cuts: tuple[int, ...] = (0, COUNT)) -> Scored:
    """Score faces in shards that begin and end at the cuts."""
    files = []
    for start, stop in pairwise(cuts):
        part = {name: batch[start:stop] for name, batch in images.items()}
        files.append(folder / f"{start}-{stop}.safetensors")
        rows = torch.arange(start, stop)
        write_scored(
            files[-1], tiny_classifier(), part.pop("clean"), {"row": rows, "emotion": rows % 7}, part
        )
    return Scored(files)


def plane_of(of: Scored) -> dict[str, Point]:
    plane = of.plane()
    equal = of.equal(plane)
    return plane | ({"equal": {**of.point(equal, tiny_classifier()), "share": equal.share}} if equal else {})


def test_the_blend_with_the_noisy_input_has_the_gans_psnr(tmp_path: Path) -> None:
    plane = plane_of(scored(tmp_path, faces(0.02, 0.04)))
    assert plane["equal"]["psnr"] == pytest.approx(plane["gan"]["psnr"], abs=0.01)
    assert 0 < plane["equal"]["share"] < 1
    assert plane["unet"]["psnr"] > plane["unet_gan_50"]["psnr"] > plane["gan"]["psnr"]


@pytest.mark.parametrize(("unet_error", "gan_error"), [(0.04, 0.02), (0.02, 0.3)])
def test_no_blend_equals_a_gan_that_is_better_or_hopeless(
    tmp_path: Path, unet_error: float, gan_error: float
) -> None:
    assert "equal" not in plane_of(scored(tmp_path, faces(unet_error, gan_error)))


def test_what_is_measured_on_shards_is_that_of_all_faces(tmp_path: Path) -> None:
    images = faces(0.02, 0.04)
    of = scored(tmp_path, images, (0, 16, 17, COUNT))
    blend = Blend("unet", "gan", 0.25)
    blended = torch.lerp(images["unet"], images["gan"], 0.25)
    assert (of.psnr("unet_gan_25") == psnr(images["clean"], blended)).all()
    point = of.plane()["unet_gan_25"]
    features = (of.traits(name).features for name in ("clean", "unet_gan_25"))
    assert point["frechet"] == pytest.approx(frechet_distance(*features), abs=5e-5)
    assert point["spectrum_error"] == pytest.approx(spectrum_error(images["clean"], blended), abs=5e-5)
    assert of.point(blend, tiny_classifier()) == pytest.approx(point, abs=2e-4)
    told_apart = two_sample_accuracy(images["clean"], blended, seed=0)
    assert of.two_sample({"blend": blend}) == {"blend": pytest.approx(told_apart, abs=5e-5)}
    chosen = torch.tensor([39, 0, 16, 15, 17])
    assert torch.equal(of.faces("gan")[chosen], images["gan"][chosen])
    assert of.table()["row"].tolist() == list(range(COUNT))
