"""The command `facedenoise`: its arguments, and one module a subcommand, imported when it runs."""
