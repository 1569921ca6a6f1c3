"""How the library looks: themes, templates, formats, covers; this room imports nothing of ours."""
