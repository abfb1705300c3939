"""Asking one device for many properties, in as few requests as it can answer. Knows no protocol library."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.bacnet.channel import Channel, NoAnswer
from connectors.bacnet.decode import Foreign, Outcome, Reading, matched, parts_of
from connectors.bacnet.plan import MAX_APDU, READ_PROPERTY_MULTIPLE, Ask, Request, answer_size, pack
from connectors.bacnet.refusal import Refused
from connectors.bacnet.shape import Shape
from connectors.bacnet.tags import Malformed
from connectors.protocol import Clock
from evaluators.model.samples import Reason

MOST_MISSES = 2
"""So many requests without an answer end a poll: a device that falls silent is not waited for again and again."""


KEPT_PLANS = 4
"""Of the newest sets of properties asked for."""


@dataclass(slots=True, eq=False)
class _Planned:
    """A request, and the form of its last answer."""

    request: Request
    shape: Shape | None = None


class Reader:
    """What was learned of one device's answers, and the requests that follow from it.

    ``limit`` is the most properties in a request, ``guesses`` how long an answer's elements may be before one was
    seen. ``requests`` and ``properties`` count what was asked.
    """

    def __init__(self, channel: Channel, limit: int, guesses: Mapping[Ask, int]) -> None:
        self._channel = channel
        self._limit = limit
        self._room = MAX_APDU
        self._sizes = dict(guesses)
        self._plans: list[tuple[tuple[Ask, ...], list[_Planned]]] = []
        self._refused: list[Request] = []
        self._seen_anew = False
        self.requests = 0
        self.properties = 0

    def allow(self, room: int, multiple: bool) -> None:
        """What the device says of itself: the longest message it takes, and whether it knows
        ReadPropertyMultiple."""
        limit = self._limit if multiple else 1
        if (min(room, MAX_APDU), limit) != (self._room, self._limit):
            self._room, self._limit = min(room, MAX_APDU), limit
            self._plans.clear()

    async def read(self, asks: tuple[Ask, ...], outcomes: dict[Ask, Outcome], clock: Clock, heard: bool) -> str:
        """Ask for everything, best with the same tuple each time. What is refused as a whole is asked again in
        halves, so that one property's trouble stays its own. What is too long is remembered.

        A request without an answer is passed over where the device is ``heard`` otherwise, and the note returned
        says so; after the second one the rest is left for the next poll. `NoAnswer` when nothing is heard.
        """
        note, misses = "", 0
        pending = deque(self._plan(asks))
        while pending:
            planned = pending.popleft()
            request = planned.request
            try:
                answer = await self._ask(planned)
                heard = True
            except Refused as refused:
                heard = True
                if len(request.asks) > 1:
                    if refused.too_long:
                        self._refused.append(request)
                    halves = pack(request.asks, len(request.asks) // 2)
                    pending.extendleft(_Planned(half) for half in reversed(halves))
                    continue
                answer = {request.asks[0]: Reading(reason=refused.reason)}
            except NoAnswer:
                self._ask_last(planned)
                if not heard:
                    raise
                note, misses = _unanswered(request), misses + 1
                answer = dict.fromkeys(request.asks, Reading(reason=Reason.TIMEOUT))
                if misses == MOST_MISSES:
                    pending.clear()
            now = clock.now()
            outcomes.update((ask, Outcome(reading, now)) for ask, reading in answer.items())
        self._learn()
        return note

    def _plan(self, asks: tuple[Ask, ...]) -> list[_Planned]:
        for planned_for, plan in self._plans:
            if planned_for is asks:
                return plan
        plan = [_Planned(request) for request in pack(asks, self._limit, self._sizes, self._room)]
        self._plans = [(asks, plan), *self._plans[: KEPT_PLANS - 1]]
        return plan

    async def _ask(self, planned: _Planned) -> dict[Ask, Reading]:
        request = planned.request
        self.requests += 1
        self.properties += len(request.asks)
        data = await self._channel.ask(request.service, request.data)
        if planned.shape is not None:
            known = planned.shape.again(data)
            if known is not None:
                return known
        try:
            parts = parts_of(request, data)
            answer = matched(request, parts)
        except Malformed as error:
            raise Refused(Reason.MALFORMED, str(error)) from error
        except Foreign:
            return dict.fromkeys(request.asks, Reading(reason=Reason.MISMATCH))
        planned.shape = Shape(data, parts, answer)
        if request.service == READ_PROPERTY_MULTIPLE:
            sizes = {part.ask: part.end - part.begin for part in parts}
            self._seen_anew = self._seen_anew or not sizes.items() <= self._sizes.items()
            self._sizes |= sizes
        return answer

    def _learn(self) -> None:
        """From what was too long: where its answer could not have fitted, the sizes seen since make the next plan;
        else the device takes only so many properties."""
        for request in self._refused:
            if answer_size(request.asks, self._sizes) <= self._room:
                self._limit = min(self._limit, len(request.asks) // 2)
        if self._refused:
            self._refused.clear()
            self._plans.clear()
        elif self._seen_anew:
            self._plans = [(asks, self._shorter(asks, plan)) for asks, plan in self._plans]
        self._seen_anew = False

    def _shorter(self, asks: tuple[Ask, ...], plan: list[_Planned]) -> list[_Planned]:
        """A plan with fewer requests, where what was seen allows it."""
        better = pack(asks, self._limit, self._sizes, self._room)
        return [_Planned(request) for request in better] if len(better) < len(plan) else plan

    def _ask_last(self, planned: _Planned) -> None:
        """So that the others are read, and show that the device is there, before time is spent on this one."""
        for _, plan in self._plans:
            if planned in plan:
                plan.remove(planned)
                plan.append(planned)


def _unanswered(request: Request) -> str:
    if len(request.asks) == 1:
        return "a property got no answer"
    return f"{len(request.asks)} properties in one request got no answer: if it goes on, lower max_properties"
