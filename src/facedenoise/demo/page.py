"""The page: what is on it, and what happens when something is chosen."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import gradio as gr
from markupsafe import Markup

from facedenoise.demo.cleaning import Comparison, compare, faces, for_screen, read
from facedenoise.demo.strengths import noise_of, strengths
from facedenoise.errors import InputError
from facedenoise.pictures import Picture, write_picture

LARGEST_FILE = 100  # MB
_INTRODUCTION = """\
# facedenoise
Choose a face, or drop in a picture. Noisy is on the left, cleaned on the right: move the handle.
"""
_OWN = f"Or a picture: PNG, JPEG, BMP, TIFF or WebP, at most {LARGEST_FILE} MB and 8,000 x 8,000 pixels."
_NONE, _FIRST = "none", "gaussian"  # what pictures and faces get until another noise is chosen
_HIGHEST = 600  # px; of a picture on the page
_KEEP = (600, 3600)  # s; every ten minutes, pictures older than an hour are deleted
_PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_QUIET: dict[str, Any] = {**_PRIVATE, "show_progress": "hidden"}


def build_page(drawn: list[Path], folder: Path) -> gr.Blocks:
    """Return the page: it offers drawn faces, and writes what it shows into a folder."""
    with gr.Blocks(title="facedenoise", analytics_enabled=False, delete_cache=_KEEP) as page:
        picture = gr.State(drawn[0])
        gr.Markdown(_INTRODUCTION, elem_id="introduction")
        with gr.Row():
            with gr.Column(scale=3, min_width=320):
                gallery = _gallery(drawn)
                gr.Markdown(_OWN, elem_classes="heading")
                upload = gr.File(show_label=False, height=100, elem_id="upload")
                kind = _choice()
                strength = _slider(_FIRST)
            with gr.Column(scale=4, min_width=320, elem_id="result"):
                compared = _comparison()
                facts = gr.HTML(elem_id="facts")
                download = gr.DownloadButton("Download the cleaned picture", size="md", elem_id="download")

        def choose_face(noise: str, face: gr.SelectData) -> tuple[Any, ...]:
            return _face_chosen(drawn[face.index], noise)

        run = {"fn": partial(_show, folder), "inputs": [picture, kind, strength], **_PRIVATE}
        run |= {"outputs": [compared, facts, download], "show_progress_on": compared}
        run |= {"trigger_mode": "always_last"}
        gallery.select(choose_face, kind, [picture, upload, kind, strength], **_QUIET).then(**run)
        upload.upload(_own_chosen, upload, [picture, gallery, kind, strength], **_QUIET).then(**run)
        kind.input(_slider, kind, strength, **_QUIET).then(**run)
        strength.input(**run)
        page.load(**run)
    return page


def write_faces(folder: Path) -> list[Path]:
    """Write the drawn faces that the page offers; return their files."""
    drawn = faces()
    files = [folder / f"face{number}.png" for number, _ in enumerate(drawn, 1)]
    for file, face in zip(files, drawn, strict=True):
        write_picture(file, Picture(face))
    return files


def _gallery(drawn: list[Path]) -> gr.Gallery:
    looks: dict[str, Any] = {"columns": len(drawn), "show_label": False, "container": False, "buttons": []}
    return gr.Gallery(
        drawn, selected_index=0, allow_preview=False, interactive=False, elem_id="faces", **looks
    )


def _comparison() -> gr.ImageSlider:
    looks: dict[str, Any] = {"show_label": False, "container": False, "buttons": []}
    return gr.ImageSlider(max_height=_HIGHEST, elem_id="compared", **looks)


def _choice() -> gr.Radio:
    """Return the noises to choose from."""
    titles = [("None", _NONE), *((number.title, kind) for kind, number in strengths().items())]
    return gr.Radio(titles, value=_FIRST, label="Noise to add", elem_id="kind")


def _slider(kind: str) -> gr.Slider:
    """Return the slider of a kind of noise; there is none without noise."""
    if kind == _NONE:
        return gr.Slider(visible=False)
    number = strengths()[kind]
    step = 1 if number.high > 1 else 0.01
    ends: dict[str, Any] = {"minimum": number.low, "maximum": number.high, "step": step}
    looks: dict[str, Any] = {"label": number.label, "buttons": [], "elem_id": "strength"}
    return gr.Slider(value=number.start, visible=True, **ends, **looks)


def _face_chosen(face: Path, noise: str) -> tuple[Any, ...]:
    kind = _FIRST if noise == _NONE else noise
    return face, None, kind, gr.skip() if kind == noise else _slider(kind)


def _own_chosen(file: str) -> tuple[Any, ...]:
    return Path(file), gr.Gallery(selected_index=None), _NONE, _slider(_NONE)


def _show(folder: Path, path: Path, kind: str, strength: float) -> tuple[Any, ...]:
    """Return what is new on the page: both pictures, what is known of them, the file to download."""
    try:
        picture = read(path)
    except InputError as error:
        return None, Markup("<p role='alert'>{}</p>").format(error), gr.DownloadButton(interactive=False)
    noise = None if kind == _NONE else noise_of(kind, strength)
    found = compare(path.name, picture.pixels, noise)
    place = Path(mkdtemp(dir=folder))
    pair = place / "noisy.png", place / "cleaned.png"
    for file, pixels in zip(pair, (found.noisy, found.cleaned), strict=True):
        write_picture(file, replace(picture, pixels=for_screen(pixels)))
    suffix = ".tiff" if found.cleaned.dtype.kind == "f" else ".png"  # no other format has floating point
    file = place / f"{path.stem}_clean{suffix}"
    write_picture(file, replace(picture, pixels=found.cleaned))
    return pair, _facts(found), gr.DownloadButton(value=file, interactive=True)


def _facts(found: Comparison) -> str:
    """Return what is known as HTML: the words of `facedenoise denoise`, and the PSNR."""
    facts = [("Network, noise found", str(found.choice))]
    if found.psnr is not None:
        noisy, cleaned = found.psnr
        facts += [("PSNR, noisy", f"{noisy:.1f} dB"), ("PSNR, cleaned", f"{cleaned:.1f} dB")]
    terms = [Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in facts]
    return Markup("<dl>{}</dl>").format(Markup("").join(terms))
