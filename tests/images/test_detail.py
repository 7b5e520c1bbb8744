"""The fine detail of images."""

import torch

from facedenoise.images.detail import GAIN, fine_detail


def test_a_flat_image_and_a_ramp_have_no_detail() -> None:
    ramp = torch.linspace(0, 1, 12).expand(1, 1, 12, 12)
    torch.testing.assert_close(fine_detail(torch.full((2, 1, 6, 6), 0.3)), torch.zeros(2, 1, 6, 6))
    torch.testing.assert_close(fine_detail(ramp)[..., 1:-1], torch.zeros(1, 1, 12, 10), atol=1e-5, rtol=0)


def test_a_point_stands_out_by_eight_ninths_times_the_gain() -> None:
    point = torch.zeros(1, 2, 5, 5)
    point[..., 2, 2] = 1.0
    detail = fine_detail(point)
    torch.testing.assert_close(detail[..., 2, 2], torch.full((1, 2), GAIN * 8 / 9))
    torch.testing.assert_close(detail[..., 1:4, 1:4].mean((-1, -2)), torch.zeros(1, 2), atol=1e-6, rtol=0)
    assert not detail[..., 0, :].any()


def test_of_faces_it_is_about_as_strong_as_the_faces(drawn: torch.Tensor) -> None:
    faces = drawn / 255
    assert 1 / 4 < fine_detail(faces).std() / faces.std() < 4
