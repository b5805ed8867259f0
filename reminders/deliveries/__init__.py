"""Notices that reach people outside the app: written with the notice, leased, sent, marked; at least once.

writing    the notice and what goes out of it, in one statement
leasing    who sends what now: one worker each, quiet hours, what isn't needed any more
flood      more than so many to one person within an hour become one
sending    the loop of a worker; retries; giving up
composing  what a mail says, in its reader's language and time zone
customers  letters to people without an account, composed by the apps above
digests    what waits and what is new, once a day or a week
robots     what a chat robot or a webhook is sent, and how it is signed
calling    the request itself, to public addresses only
"""
