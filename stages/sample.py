"""Draw the sample faces: params -> data/raw/sample.csv, in the layout of FER2013."""

from facedenoise.faces import each_face
from facedenoise.faces.fer_writer import interleaved_usage, write_fer_rows
from stages import run
from stages.paths import SAMPLE
from stages.settings import load_params


def main() -> None:
    """Draw the faces and write the CSV."""
    params = load_params()
    rows, seed = params.sample.rows, params.sample.seed
    faces = zip(each_face(rows, seed), interleaved_usage(rows), strict=True)
    write_fer_rows(SAMPLE, ((image, code, part) for (image, code), part in faces))


if __name__ == "__main__":
    run(main)
