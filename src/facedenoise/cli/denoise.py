"""`facedenoise denoise`: clean a picture, a folder of pictures, or tables of faces: a CSV, or Parquet."""

import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

import torch
from tqdm import tqdm

from facedenoise.cli.messages import report_failures, say, warn_of_links, writing
from facedenoise.cli.pairs import find_pairs, find_parquet
from facedenoise.denoise.choice import Choice, choose
from facedenoise.denoise.cleaning import Image, clean
from facedenoise.denoise.denoiser import Denoiser
from facedenoise.denoise.folders import Rewriting, shards_of
from facedenoise.denoise.networks import Trained, find_tasks, find_weights, trained_networks
from facedenoise.denoise.noise_level import NoiseEstimate, estimate_noise
from facedenoise.denoise.places import Finished, Listed, Place, below, is_url, list_faces
from facedenoise.denoise.rewriting import Change, Changed, Key, Outcome, Source, rewrite_csv, rewrite_pictures
from facedenoise.denoise.tables import FileRewriting, TableRewriting, files_of, parts_of
from facedenoise.errors import InputError
from facedenoise.pictures.files import format_suffix
from facedenoise.shards import cluster, map_shards

_NOT_TOLD = "no network that is told the level of the noise; leave --sigma and --strength out"
_SPREAD = "JPEG has spread its black and white pixels"


def run(options: Namespace) -> int:
    """Write the denoised copies; return the exit status."""
    source, target = options.source, options.target
    change = Changing(options)
    if is_url(source) or is_url(target):
        found = list_faces(source)
        return (_run_tables if found.are_tables else _run_folder)(options, change, found)
    if tables := find_parquet(source, target):
        return _run_parquet(options, change, tables)
    files = find_pairs(source, target)
    change.check()
    if files.is_csv:
        return _run_csv(options, change)
    if not source.is_dir():
        told = _tell(rewrite_pictures(source.parent, files.pairs, change), as_json=options.json)
        return _say(told)
    warn_of_links(files.found.links)
    report_failures(files.found.problems)
    sizes = {path.relative_to(source).as_posix(): path.lstat().st_size for path in files.found.pictures}
    status = _run_folder(options, change, Listed(sizes, files.found.others))
    return 1 if files.found.problems else status


def _run_csv(options: Namespace, change: Change) -> int:
    counts = _Counts()
    with writing(options.target):
        on_gpus = options.device != "cpu"
        for choices in rewrite_csv(options.source, options.target, change, on_gpus=on_gpus):
            counts.add(**_count(choices))
    counts.say(options.source, options.target, as_json=options.json)
    return 0


def _run_parquet(options: Namespace, change: "Changing", pairs: list[tuple[Path, Path]]) -> int:
    """Change the pictures of Parquet files; go on where an earlier run of the same was stopped."""
    change.check()
    parts = parts_of(pairs)
    states = [(str(source), source.stat().st_size, source.stat().st_mtime_ns) for source, _ in pairs]
    top = options.target if options.source.is_dir() else options.target.parent
    finished = Finished(top / f".facedenoise-{_fingerprint(options, states)}")
    work = TableRewriting(change, _count, finished)
    found = {pair: _Counts() for pair in pairs}
    with writing(options.target):
        Path(finished.place).mkdir(parents=True, exist_ok=True)
        with tqdm(total=sum(part.rows for part in parts), unit=" faces", leave=False, disable=None) as bar:
            told = map_shards(work, parts, on_gpus=options.device != "cpu")
            for part, more in zip(parts, told, strict=True):
                if "error" in more:
                    finished.forget()
                    raise InputError(more["error"])
                found[part.source, part.target].add(**more)
                bar.update(part.rows)
        for (source, target), counts in found.items():
            work.join([part for part in parts if part.source == source])
            counts.say(source, target, as_json=options.json)
    finished.forget()
    return 0


def _run_tables(options: Namespace, change: "Changing", found: Listed) -> int:
    """Change the pictures of the Parquet files below a prefix; go on after the files that are finished."""
    change.check()
    finished = Finished(below(options.target, f".facedenoise-{_fingerprint(options, found.sizes)}"))
    work = FileRewriting(options.source, options.target, change, _count, finished)
    told = map_shards(work, files_of(found.sizes), on_gpus=options.device != "cpu")
    for name, reports in tqdm(told, total=len(found.sizes), unit=" files", leave=False, disable=None):
        counts = _Counts()
        for report in reports:
            counts.add(**report)
        counts.say(below(options.source, name), below(options.target, name), as_json=options.json)
    finished.forget()
    return 0


class _Counts:
    """How many faces of a table had which noise, and what was remarked on how many."""

    def __init__(self) -> None:
        self._noise, self._remarks = Counter[str](), Counter[str]()

    def add(self, noise: Mapping[str, int], remarks: Mapping[str, int]) -> None:
        """Count some more, as `_count` returns them."""
        self._noise.update(noise)
        self._remarks.update(remarks)

    def say(self, source: Place, target: Place, *, as_json: bool) -> None:
        """Print a line."""
        if as_json:
            files = {"file": str(source), "out": str(target)}
            say(json.dumps({**files, "noise": self._noise, "remarks": self._remarks}))
        else:
            remarked = "".join(f" ({count} {remark})" for remark, count in sorted(self._remarks.items()))
            say(f"{source}: {_in_words(self._noise)}{remarked}")


def _count(choices: Iterable[Choice]) -> dict[str, dict[str, int]]:
    found = [*choices]
    remarks = Counter(choice.remark for choice in found if choice.remark)
    return {"noise": Counter(choice.task for choice in found), "remarks": remarks}


def _run_folder(options: Namespace, change: "Changing", found: Listed) -> int:
    """Change the pictures of a folder; go on where an earlier run of the same was stopped."""
    change.check()
    finished = Finished(below(options.target, f".facedenoise-{_fingerprint(options, found.sizes)}"))
    tell = partial(_tell, as_json=options.json)
    work = Rewriting(options.source, options.target, change, tell, finished)
    counts: Counter[str] = Counter()
    with tqdm(total=len(found.sizes), unit=" pictures", leave=False, disable=None) as bar:
        for told in map_shards(work, shards_of(found.sizes), on_gpus=options.device != "cpu"):
            counts.update(told["counts"])
            bar.update(told["pictures"])
            _say(told)
    finished.forget()
    say(f"{options.target}: {_in_words(counts)}; {found.others} other files left alone", sys.stderr)
    return 1 if counts["failed"] else 0


def _fingerprint(options: Namespace, sources: object) -> str:
    """Return what is another one for other pictures, networks or options."""
    networks = [find_weights(task, options.model, options.weights) for task in find_tasks(options.weights)]
    states = [(file.stat().st_size, file.stat().st_mtime) for file in networks if file.is_file()]
    settings = sorted((name, str(value)) for name, value in vars(options).items() if name != "run")
    return sha256(repr([settings, states, sources]).encode()).hexdigest()[:16]


def _tell(outcomes: Iterable[Outcome], *, as_json: bool) -> dict[str, Any]:
    """Return what is to be said of pictures: lines, each an error or not, and the counts of the noises."""
    lines: list[tuple[str, bool]] = []
    counts: Counter[str] = Counter()
    pictures = 0
    for outcome in outcomes:
        pictures += 1
        counts.update([found.task for found in outcome.findings] or ["failed"])
        lines += [(line, True) for line in [outcome.error] if line]
        lines += [(line, False) for line in (_as_json if as_json else _as_text)(outcome)]
    return {"lines": lines, "counts": counts, "pictures": pictures}


def _say(told: Mapping[str, Any]) -> int:
    """Print the lines; return the exit status."""
    for line, is_error in told["lines"]:
        if is_error:
            report_failures([line])
        else:
            say(line)
    return 1 if told["counts"].get("failed") else 0


class Changing:
    """Cleans pictures as the user's options say; it keeps the networks that it has loaded."""

    def __init__(self, options: Namespace) -> None:
        self.options = options
        self._denoisers: dict[str, Denoiser] = {}

    def __reduce__(self) -> tuple[type, tuple[Namespace]]:
        """Go to other processes without networks."""
        options = Namespace(**{name: value for name, value in vars(self.options).items() if name != "run"})
        return Changing, (options,)

    def __call__(self, sources: list[Source]) -> list[Changed]:
        """Return the cleaned pictures, each with its `Choice`."""
        cleaned = clean([pixels for _, pixels in sources], self._choose, self._load, self.options.strength)
        return [
            (image, _of_file(key, choice)) for (key, _), (image, choice) in zip(sources, cleaned, strict=True)
        ]

    def check(self) -> None:
        """Raise an `InputError` if an option is wrong."""
        device = self.options.device
        if not cluster.is_asked_for():  # else the machines of the cluster have the GPUs
            _require_device(device)
        _ = self._choose

    @cached_property
    def _choose(self) -> Callable[[Image], Choice]:
        if self.options.threads:
            torch.set_num_threads(self.options.threads)
        return _chooser(self.options, self._load)

    def _load(self, task: str) -> Denoiser:
        if task not in self._denoisers:
            weights, model = self.options.weights, self.options.model
            settings = {"device": self.options.device, "batch_size": self.options.batch}
            self._denoisers[task] = Denoiser.load(task, model, weights=weights, **settings)
        return self._denoisers[task]


def _require_device(device: str | None) -> None:
    if device not in (None, "cpu") and int(device.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise InputError(f"--device {device}: PyTorch finds no such GPU here; leave it out or give cpu")


def _of_file(key: Key, choice: Choice) -> Choice:
    """Add the remark that only the format of a file lets one make."""
    is_jpeg = isinstance(key, PurePath) and format_suffix(Path(key)) == ".jpeg"
    if not (is_jpeg and choice.estimate and choice.estimate.has_impulses):
        return choice
    return choice._replace(remark="; ".join(filter(None, (choice.remark, _SPREAD))))


def _chooser(options: Namespace, load: Callable[[str], Denoiser]) -> Callable[[Image], Choice]:
    """Return what chooses for a picture, by the user's word or by what is found in it."""
    task = options.noise
    if task == "auto":
        networks = _networks(options)
        return lambda image: choose(_found(image, options), networks)
    if load(task).is_told:
        return lambda image: Choice(task, found := _found(image, options), found.remark)
    if _tells(options):
        raise InputError(f"--noise {task}: {_NOT_TOLD}")
    return lambda _: Choice(task)


def _networks(options: Namespace) -> dict[str, Trained]:
    """Return the networks to choose from: if the user tells a level, those that are told one."""
    networks = trained_networks(options.model, options.weights)
    if not _tells(options):
        return networks
    told = {task: network for task, network in networks.items() if network.is_told}
    if not told:
        raise InputError(f"--model {options.model}: {_NOT_TOLD}")
    return told


def _tells(options: Namespace) -> bool:
    return options.sigma is not None or options.strength != 1


def _found(image: Image, options: Namespace) -> NoiseEstimate:
    found = estimate_noise(image)
    return found if options.sigma is None else found.with_sigma(options.sigma)


def _as_text(outcome: Outcome) -> Iterator[str]:
    for page, found in enumerate(outcome.findings, 1):
        place = f", page {page}" if len(outcome.findings) > 1 else ""
        yield f"{outcome.source}{place}: {found}"


def _as_json(outcome: Outcome) -> Iterator[str]:
    """Yield an object for each page, with the fields that all have; null where one does not apply."""
    for page, found in enumerate(outcome.findings or [None], 1):
        task, estimate, remark = found or (None, None, None)
        fields = {
            "file": str(outcome.source),
            "page": page if len(outcome.findings) > 1 else None,
            "out": str(outcome.target) if task else None,
            "noise": task,
            "sigma": round(estimate.sigma, 4) if estimate else None,
            "impulses": round(estimate.impulses, 4) if estimate else None,
            "remark": remark or None,
            "error": outcome.error,
        }
        yield json.dumps(fields)


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {task}" for task, count in sorted(counts.items()))
