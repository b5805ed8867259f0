"""The pictures of the figures, as SVG made by the server: they print, follow the dark theme and are read aloud."""
