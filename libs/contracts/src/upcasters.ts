import type { Message } from '@touchpoint/kernel';
import type { AnyMessage } from './generated/catalog.ts';

/**
 * How retired messages are read as what took their place. A change that Avro cannot bridge is a new message, and an upcaster from the
 * old one to it; the old one stays in `schemas/` and on the log for ever, and no fold knows it any more.
 */
export type Upcasters<Retired extends Message, Now extends Message> = {
  readonly [T in Retired['type']]: (message: Extract<Retired, { type: T }>) => Retired | Now;
};

/**
 * A reader that puts a message through its upcasters until none is left for it.
 * @throws Error (a Defect) when the upcasters lead in a circle
 */
export const upcastWith = <Retired extends Message, Now extends Message>(upcasters: Upcasters<Retired, Now>) => {
  const steps: Readonly<Record<string, ((message: never) => Retired | Now) | undefined>> = upcasters;
  const most = Object.keys(steps).length;
  return (recorded: Retired | Now): Now => {
    let message = recorded;
    for (let step = 0; Object.hasOwn(steps, message.type); step++) {
      if (step === most) throw new Error(`The upcasters of ${recorded.type} lead in a circle.`);
      message = steps[message.type]!(message as never);
    }
    return message as Now;
  };
};

/** The upcasters that there are. So far no message was retired. */
export const upcasters = {} satisfies Upcasters<never, AnyMessage>;

/** Every message that a fold can meet: all but the retired ones. */
export type CurrentMessage = Exclude<AnyMessage, { type: keyof typeof upcasters }>;

/** What a reader does with each message it has decoded. */
export const upcast: (recorded: AnyMessage) => CurrentMessage = upcastWith<never, AnyMessage>(upcasters);
