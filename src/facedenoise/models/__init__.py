"""The networks: the Attention U-Net that denoises, and the PatchGAN that judges it."""
