"""The monthly report of service quality: what goes into it, what it says, who signs it, its paper, its readers.

collecting  the figures of a month as plain values, which are kept with the report
sentences   what they say, in the report's language
making      the draft, its words, the signature, the corrected report
papers      the report, or a page of figures, as PDF
readers     who gets it, and that they get it once
"""
