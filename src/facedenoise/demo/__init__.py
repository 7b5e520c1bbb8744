"""A local page in the browser on which anybody can add noise to a picture and see it cleaned."""
