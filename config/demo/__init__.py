"""The demo: a railway passenger company with its people and a year of incidents, made through the real functions.

Nothing is written past the acts: every case was reported, judged, analysed and closed by somebody who may do so, on the
day that its history says. The texts stand in `texts/`; what happens to which case is told in `cases`.
"""
