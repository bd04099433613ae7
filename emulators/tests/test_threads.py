"""Many threads act at once; repeated deliveries."""

import threading

import pytest

from emulators.telegram.world import ALICE, DEMO_BOT_ID, GROUP_ID, LIN
from emulators.tests.conftest import Hub, Receiver
from emulators.wsgi import HttpError


def test_parallel_acts_lose_nothing(hooked: Hub, receiver: Receiver) -> None:
    people = [hooked.emulator.add_person(f"P{number}").id for number in range(8)]

    def act(person: int) -> None:
        hooked.emulator.start(DEMO_BOT_ID, person)
        for number in range(25):
            message = hooked.emulator.say(DEMO_BOT_ID, person, str(number))
            hooked.emulator.press(DEMO_BOT_ID, person, message["message_id"], "x")

    threads = [threading.Thread(target=act, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hooked.emulator.settle()
    ids = sorted(receiver.ids)
    assert len(ids) == len(people) * 51
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    for person in people:
        texts = [
            update["message"]["text"]
            for update in receiver.updates
            if "message" in update and update["message"]["from"]["id"] == person
        ]
        assert texts == ["/start", *map(str, range(25))]


def test_repeat(hooked: Hub, receiver: Receiver) -> None:
    hooked.emulator.say(DEMO_BOT_ID, ALICE, "once")
    hooked.emulator.settle()
    hooked.emulator.repeat(DEMO_BOT_ID, receiver.ids[0])
    hooked.emulator.settle()
    assert receiver.updates[0] == receiver.updates[1]
    with pytest.raises(HttpError):
        hooked.emulator.repeat(DEMO_BOT_ID, 4040)


def test_reset_while_updates_wait(hooked: Hub, receiver: Receiver) -> None:
    receiver.answers.append(500)
    receiver.gates["message"] = threading.Event()
    hooked.emulator.say(DEMO_BOT_ID, LIN, "before", chat_id=GROUP_ID)
    receiver.wait_for(1)
    hooked.emulator.reset()
    receiver.gates["message"].set()
    assert hooked.emulator.settle()
    hooked.clock.advance(3600)
    assert hooked.emulator.settle()
    assert len(receiver.ids) == 1
    assert hooked.emulator.pending(DEMO_BOT_ID) == 0
