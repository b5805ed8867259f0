"""Complaints by e-mail: mailboxes are polled over IMAP; each mail becomes a complaint, joins one, or is left alone.

keeping    mailboxes set up, changed, ended by administrators
server     the IMAP server: connecting, what is new, one mail; what went wrong in words
polling    one worker for each mailbox; the position, the back-off, what failed is tried again
parsing    the bytes of a mail as a Letter: who, what, which files; hostile ones too
words      bytes to text: charsets, headers, HTML, format=flowed; what is new in an answer
automatic  loops: what wasn't written by a person; letters of ours that came back
taking     what becomes of one mail, in one transaction
answering  who gets an acknowledgement
"""
