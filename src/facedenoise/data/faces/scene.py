"""How the picture is taken: pose, light, background and exposure, drawn at random."""

from dataclasses import dataclass

import numpy as np

from facedenoise.data.faces.fields import drawn_between


@dataclass(frozen=True, slots=True)
class Pose:
    """Turns in radians (`roll` in the picture's plane, `yaw` about the neck), the rest in half widths."""

    roll: float
    yaw: float
    nod: float
    shift_x: float
    shift_y: float
    scale: float


@dataclass(frozen=True, slots=True)
class Light:
    """Slant that the light comes from, right and down positive, and the share of it that has none."""

    towards_x: float
    towards_y: float
    ambient: float


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Tone behind the head, its slopes and its blurred structure; tone of the clothes."""

    tone: float
    slope_x: float
    slope_y: float
    structure: float
    clothes: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """Contrast about mid grey, added brightness, darkening of the corners."""

    contrast: float
    brightness: float
    vignette: float


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the picture owes to the photographer."""

    pose: Pose
    light: Light
    backdrop: Backdrop
    exposure: Exposure


_POSE = (
    Pose(roll=-0.16, yaw=-0.26, nod=-0.05, shift_x=-0.06, shift_y=-0.1, scale=0.96),
    Pose(roll=0.16, yaw=0.26, nod=0.05, shift_x=0.06, shift_y=0.02, scale=1.12),
)
_LIGHT = (
    Light(towards_x=-0.65, towards_y=-0.7, ambient=0.35),
    Light(towards_x=0.65, towards_y=-0.15, ambient=0.65),
)
_BACKDROP = (
    Backdrop(tone=0.03, slope_x=-0.15, slope_y=-0.15, structure=0.0, clothes=0.05),
    Backdrop(tone=1.0, slope_x=0.15, slope_y=0.15, structure=0.2, clothes=0.9),
)
_EXPOSURE = (
    Exposure(contrast=0.85, brightness=-0.04, vignette=0.0),
    Exposure(contrast=1.3, brightness=0.15, vignette=0.15),
)


def draw_scene(generator: np.random.Generator) -> Scene:
    """Draw how a picture is taken."""
    return Scene(
        pose=drawn_between(*_POSE, generator),
        light=drawn_between(*_LIGHT, generator),
        backdrop=drawn_between(*_BACKDROP, generator),
        exposure=drawn_between(*_EXPOSURE, generator),
    )
