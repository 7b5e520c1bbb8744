"""What a person looks at: pictures of faces, noises and trainings, the page, the model card."""
