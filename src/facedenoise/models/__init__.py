"""The networks: the Attention U-Net, which denoises, and the PatchGAN, which judges it."""

MODELS = ("unet", "gan")
"""The denoisers of each task: the Attention U-Net, and its adversarial refinement."""

UNTRAINED = "untrained"
"""What the first task of a chain comes after: freshly seeded networks."""
