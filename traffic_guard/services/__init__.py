"""The rules of the product, one package a topic; imports run down this list only backwards.

- `accounts`: keys, their check, the search for servers, entries by hand, the shared limiter.
- `readings`: what packages have left and what servers send; what is unknown, and why.
- `forecasting`: how fast it goes, when it runs out, charts, how good forecasts were.
- `policies`: what holds for a server, and which level said so.
- `telling`: chats, channels, links in messages, digests.
- `guarding`: verdicts, planned stops, power actions and their proof, the log of decisions.
"""
