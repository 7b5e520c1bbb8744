"""The votes of FER+ as labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from face_sources import CODES, FACES, USAGE, csv_text, split_up, words

from facedenoise.errors import InputError

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
LABELS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
RULES = {  # votes of the first rows, and the code that follows; None: no face
    (6, 4, 0, 0, 0, 0, 0, 0, 0, 0): 0,
    (0, 0, 0, 0, 0, 0, 0, 7, 3, 0): 7,
    (4, 4, 0, 0, 0, 0, 0, 0, 2, 0): -1,  # a tie
    (3, 0, 0, 0, 0, 0, 0, 0, 7, 0): -1,  # most did not know
    (1, 0, 0, 0, 0, 0, 0, 0, 0, 9): None,
    (5, 0, 0, 0, 0, 0, 0, 0, 0, 5): -1,  # no face, or one: a tie
    (4, 3, 3, 0, 0, 0, 0, 0, 0, 0): 0,  # fewer than half, but most
}
ANGER = (0, 0, 0, 0, 10, 0, 0, 0, 0, 0)


def votes(usage: Sequence[str] = USAGE) -> str:
    answers = [*RULES, *[ANGER] * 42][: len(usage)]
    rows = [f"{split},,{','.join(map(str, row))}\n" for split, row in zip(usage, answers, strict=True)]
    return HEADER + "".join(rows)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "faces.csv").write_text(csv_text())
    return tmp_path / "faces.csv"


def test_most_votes_decide_and_what_is_no_face_is_left_out(source: Path) -> None:
    path = source.with_name("fer2013new.csv")
    path.write_text(votes())
    splits, audit, remarks = split_up(source, labels=str(path))
    assert splits["train"]["labels"] == LABELS
    codes = [code for code in RULES.values() if code is not None]
    assert splits["train"]["emotion"].tolist() == codes + [4] * 7
    assert splits["train"]["row"].tolist() == [0, 1, 2, 3, *range(5, 14)]
    assert remarks == audit["remarks"] == [f"1 faces are left out: most votes in {path} see none"]
    assert audit["train"]["emotions"]["none"] == 3


def test_votes_give_the_splits_of_the_challenge_s_files(tmp_path: Path) -> None:
    folder = tmp_path / "challenge"
    folder.mkdir()
    rows = [f"{code},{words(face)}\n" for code, face in zip(CODES, FACES, strict=True)]
    (folder / "train.csv").write_text("emotion,pixels\n" + "".join(rows[:14]))
    (folder / "test.csv").write_text("pixels\n" + "".join(row.split(",")[1] for row in rows[14:]))
    (folder / "fer2013new.csv").write_text(votes())
    splits, _, _ = split_up(folder, labels=str(folder / "fer2013new.csv"))
    assert splits["val"]["row"].tolist() == list(range(14, 28))
    np.testing.assert_array_equal(splits["test"]["images"][:, 0], FACES[28:])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (votes(USAGE[:41]), ": 41 rows, but {source} has 42; give the votes on these very faces"),
        (votes(USAGE[::-1]), ": row 0 is of another split than in {source}; give the votes on these very"),
        (votes().replace("NF", "x"), ": no votes of FER+ ("),
        (votes().replace(",10,", ",x,", 1), ": no votes of FER+ ("),
        (votes().replace(",10,", ",,", 1), ": no votes of FER+ ("),
        (votes().replace("PublicTest", "Public"), ": no votes of FER+ ("),
        (None, ": no votes of FER+ ("),
    ],
)
def test_other_tables_are_refused(source: Path, content: str | None, said: str) -> None:
    path = source.with_name("votes.csv")
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError) as caught:
        split_up(source, labels=str(path))
    assert str(caught.value).startswith(f"{path}{said.format(source=source)}")
