"""How strong the noise of each task is where no params.yaml says it: in an installed package.

A test holds these numbers to those of params.yaml.
"""

from facedenoise.params import GaussianNoise, NoiseModel, SaltPepperNoise, Task

STRENGTHS: dict[Task, NoiseModel] = {
    "low_gaussian": GaussianNoise("gaussian", std=0.2, factor=0.2),
    "high_gaussian": GaussianNoise("gaussian", std=0.4, factor=0.3),
    "salt_pepper": SaltPepperNoise("salt_pepper", factor=0.1, salt_ratio=0.5),
}
"""By task: sigma 0.02, sigma 0.06 (on [0, 1]), one pixel in ten."""
