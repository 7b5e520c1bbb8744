"""The trainings: reconstruction, adversarial refinement, classification; resumable at any moment."""
