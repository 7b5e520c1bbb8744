"""The trainings: reconstruction, then adversarial refinement; resumable at any moment."""
