"""Early warning (002 §5.4): a change that chance doesn't explain is noticed, told to whoever answers for it, and closed with
a finding.
"""
