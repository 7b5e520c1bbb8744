"""Faces in all forms that people have them in, for tests."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from facedenoise.data.splits import write_splits
from facedenoise.images.fer2013 import EMOTIONS, USAGES
from facedenoise.images.tensors import read_with_metadata
from facedenoise.params import Data

SIDE = 8
HEADER = "emotion,pixels,Usage\n"
FACES = np.random.default_rng(0).integers(0, 256, (42, SIDE, SIDE), dtype=np.uint8)
CODES = [number % 7 for number in range(42)]  # of emotions
USAGE = [USAGES[number // 14] for number in range(42)]
FORM: dict[str, Any] = {
    **{"labels": None, "split": "given", "size": None, "colour": "grey", "noisy": []},
    **{"broken": "refuse", "deduplicate": True},
}
"""How the defaults of params.yaml read a source."""
FOLDERS = dict(zip(USAGES, ("train", "validation", "test"), strict=True))


def words(face: NDArray[np.uint8]) -> str:
    return " ".join(map(str, face.ravel().tolist()))


def line(face: NDArray[np.uint8] = FACES[0], emotion: object = 3, usage: str = "Training") -> str:
    return f"{emotion},{words(face)},{usage}\n"


def csv_text() -> str:
    return HEADER + "".join(map(line, FACES, CODES, USAGE))


def png(face: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(face).save(buffer, "PNG")
    return buffer.getvalue()


def save_tree(folder: Path, pictures: Mapping[str, NDArray[np.uint8]]) -> None:
    """Write pictures under their names; an empty picture is a file that is none."""
    for name, face in pictures.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(face) if face.size else b"\x89PNG\r\n\x1a\nnothing")


def tree(split: Mapping[str, str] = FOLDERS, around: str = "") -> dict[str, NDArray[np.uint8]]:
    """Return the faces by the names `SPLIT/EMOTION/NUMBER.png`."""
    places = zip(range(42), CODES, USAGE, strict=True)
    names = [f"{around}{split[usage]}/{EMOTIONS[code]}/{number:02}.png" for number, code, usage in places]
    return dict(zip(names, FACES, strict=True))


def save_parquet(path: Path, columns: Mapping[str, Sequence[Any]], names: Sequence[str] = ()) -> None:
    """Write columns as the Hugging Face hub does; `names` are those of the column `label`."""
    features = {"label": {"names": list(names), "_type": "ClassLabel"}} if names else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    pl.DataFrame(columns, strict=False).write_parquet(path, metadata=metadata)


def save_shards(folder: Path) -> None:
    """Write a Parquet file for each split, of structs and named codes."""
    for usage, name in FOLDERS.items():
        rows = [number for number in range(42) if USAGE[number] == usage]
        images = [{"bytes": png(FACES[number]), "path": f"{number}.png"} for number in rows]
        columns: dict[str, Any] = {"image": images, "label": [CODES[number] for number in rows]}
        save_parquet(folder / f"{name}-00000-of-00001.parquet", columns, EMOTIONS)


def split_up(source: Path, **changes: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any], list[str]]:
    """Split a source beside it; return the arrays by split, with `labels`; the audit; the remarks."""
    out = source.parent / "out"
    remarks = write_splits(Data(str(source), **(FORM | changes)), out / "splits", out / "data.json")
    splits = {}
    for name in ("train", "val", "test"):
        tensors, metadata = read_with_metadata(out / f"splits/{name}.safetensors")
        splits[name] = {key: tensor.numpy() for key, tensor in tensors.items()}
        splits[name]["labels"] = json.loads(metadata["labels"])
    return splits, json.loads((out / "data.json").read_text()), remarks
