"""Role, database and ledger, made sure of before the first pipeline runs.

settings   what the command is told
refusals   what a server's refusal means, and what helps
provision  what is made and checked, one statement of intent each
run        the steps, and the lines that tell about them
"""
