"""Facts of the machine that the code adapts to, and that no result file mentions."""

import os
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def local_rank() -> int:
    """Return the rank of this process among those of its machine that train together, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def training_device() -> torch.device:
    """Return the GPU if there is one, another for each process of the machine; else the CPU."""
    return torch.device("cuda", local_rank()) if torch.cuda.is_available() else torch.device("cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 natively; if not, float32 is faster."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def describe(device: torch.device) -> str:
    """Return in one line all that floating-point results depend on: device, threads, precision."""
    precision = "bfloat16" if has_bfloat16(device) else "float32"
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {precision}"
    capability = torch.backends.cpu.get_cpu_capability()
    return f"CPU {capability}, {torch.get_num_threads()} threads, {precision}"


def placed(network: Network, device: torch.device) -> Network:
    """Move a network to the device, in the memory layout in which convolutions run fastest."""
    moved: Network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved
