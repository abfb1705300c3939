"""Alerts: what must be done, or was not done in time, told as soon as it is known.

`rings` says what calls for somebody at an instant, `life` makes events of it, `store` keeps them, and `outbox`
tells them to a webhook. `alerter` ties these together.
"""
