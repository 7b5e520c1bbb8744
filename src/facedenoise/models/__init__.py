"""The networks: the Attention U-Net, which denoises, and the PatchGAN, which judges it."""

MODELS = ("unet", "gan")
"""The denoisers of each task: the Attention U-Net, and its adversarial refinement."""

KIND = "attention_unet"
"""The key of a denoiser's settings in the description of its weights."""

UNTRAINED = "untrained"
"""What the first task of a chain comes after: freshly seeded networks."""
