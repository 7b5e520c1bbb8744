"""Train the estimator of noise on this checkout's faces and put it into the package, in half precision.

This is no stage of dvc.yaml. Run `python -m stages.estimator` after a `dvc repro` on the real faces, and
commit the file that it writes: `src/facedenoise/pretrained/estimator.safetensors`. It takes 15 minutes on one
core.
"""

from pathlib import Path

from facedenoise.denoise.noise_level import ESTIMATOR
from facedenoise.estimator.calibration import calibrate, figures
from facedenoise.estimator.learner import Estimation, NoisyPictures, loss_validator
from facedenoise.estimator.network import KIND, NoiseEstimator
from facedenoise.images.tensors import read_tensors
from facedenoise.models.device import placed, training_device
from facedenoise.models.weights import write_weights
from facedenoise.training.loop import Plan, Training, seed_everything
from stages import run
from stages.paths import split_file
from stages.release import commit, sha256_of_source
from stages.settings import load_params

SETTINGS = {"filters": 32, "half": 40, "quarter": 64}
DESCENT = {"lr": 3e-3, "weight_decay": 0.01, "clip": 1.0, "ema": 0.998}
PLAN = Plan(epochs=9, warmup=0.05, scores=("val_level",))  # without patience the last weights are kept
BATCH_SIZE, SEED = 64, 0


def main() -> None:
    """Write pretrained/estimator.safetensors."""
    # It judges each channel by itself: of faces in colour it learns from the first.
    train, val = (read_tensors(split_file(split))["images"][:, :1] for split in ("train", "val"))
    origin = {"commit": commit(), "data_sha256": sha256_of_source(Path(load_params().data.source))}
    seed_everything(SEED)
    network, average = (placed(NoiseEstimator(**SETTINGS), training_device()) for _ in range(2))
    learner = Estimation(network, average, **DESCENT)
    pictures, held_out = (
        NoisyPictures(faces[:, 0].numpy(), BATCH_SIZE, seed)
        for seed, faces in ((SEED, train), (SEED + 1, val))
    )
    validate = loss_validator(held_out, training_device())
    Training(learner, pictures, validate, PLAN, checkpoints=None, title="estimator").run()
    trained = average.cpu().half().float()
    calibrate(trained, val)
    scores = figures(trained, val)
    half = {name: value.half() for name, value in trained.state_dict().items()}
    write_weights(ESTIMATOR, half, {KIND: SETTINGS, **origin, "val": scores})
    print(f"{ESTIMATOR}: {scores}")


if __name__ == "__main__":
    run(main)
