"""The drawing kit of `incidents.drawing`, by the name under which the charts and diagrams of this app know it."""

from incidents.drawing import box, dot, line, number, path, stack, svg, width_of, words, wrap

__all__ = ["box", "dot", "line", "number", "path", "stack", "svg", "width_of", "words", "wrap"]
