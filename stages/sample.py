"""Draw the sample faces: params -> data/raw/sample.csv, in the layout of FER2013."""

from facedenoise.faces import draw_faces
from facedenoise.faces.fer_writer import interleaved_usage, write_fer_csv
from stages import run
from stages.paths import SAMPLE
from stages.settings import load_params


def main() -> None:
    """Draw the faces and write the CSV."""
    params = load_params()
    images, emotion = draw_faces(params.sample.rows, params.sample.seed)
    write_fer_csv(SAMPLE, images, emotion, interleaved_usage(len(images)))


if __name__ == "__main__":
    run(main)
