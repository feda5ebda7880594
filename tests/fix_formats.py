"""A Protobuf message for tests, described by hand instead of by protoc."""

from __future__ import annotations

import base64

from google.protobuf import descriptor_pb2

from yeoul_stream.pipeline import Protobuf
from yeoul_stream.records.protobuf import message_type


def _descriptor() -> str:
    """Return `message Car { string car_id = 1; optional double speed = 2; int32 seats = 3; }`."""
    files = descriptor_pb2.FileDescriptorSet()
    file = files.file.add(name="car.proto", package="cars", syntax="proto3")
    car = file.message_type.add(name="Car")
    kinds = descriptor_pb2.FieldDescriptorProto
    for number, (name, kind) in enumerate(
        [("car_id", kinds.TYPE_STRING), ("speed", kinds.TYPE_DOUBLE), ("seats", kinds.TYPE_INT32)]
    ):
        car.field.add(name=name, number=number + 1, type=kind, label=kinds.LABEL_OPTIONAL)
    car.field[1].proto3_optional = True
    car.field[1].oneof_index = 0
    car.oneof_decl.add(name="_speed")
    return base64.b64encode(files.SerializeToString()).decode()


CAR_DESCRIPTOR = _descriptor()


def car_message(car: str, speed: float, seats: int = 4) -> bytes:
    """Return a message."""
    kind = message_type(Protobuf(message="cars.Car", descriptor=CAR_DESCRIPTOR))
    content: bytes = kind(car_id=car, speed=speed, seats=seats).SerializeToString()
    return content
