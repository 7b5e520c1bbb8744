"""The networks: Attention U-Net (denoises), PatchGAN (judges it), classifier of emotions (judges all)."""
