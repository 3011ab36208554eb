/** Where a caller is: its model is being loaded, it waits for a slot, or it has one. */
export type Place = 'loading' | 'queued' | 'slot';

/** Who is inside, in the order of arrival. Values only: whoever steps gets a new one. */
export interface GateState {
  readonly slots: number;
  readonly queueLength: number;
  readonly places: ReadonlyMap<number, Place>;
}

export type GateEvent =
  /** A caller has come in; not to be asked of a gate that is full. */
  | { type: 'arrive'; caller: number }
  /** Its model is loaded: it wants a slot. */
  | { type: 'want'; caller: number }
  /** It has hung up, given up, or ended; what was its own is free. */
  | { type: 'leave'; caller: number };

export interface Step {
  state: GateState;
  /** Who has got a slot by this, the first come first. */
  granted: number[];
}

export const emptyGate = (slots: number, queueLength: number): GateState => ({
  slots,
  queueLength,
  places: new Map(),
});

export const isFull = ({ slots, queueLength, places }: GateState) => places.size >= slots + queueLength;

/** How many must leave before the next to arrive can have a slot; 0: it need not wait for anybody. */
export const nextPosition = ({ slots, places }: GateState) => Math.max(0, places.size - slots + 1);

export const slotsInUse = ({ places }: GateState) => count(places, 'slot');

export const waiting = ({ places }: GateState) => places.size - count(places, 'slot');

/** What an event makes of the gate. One of a caller who is not inside, or is there already, changes nothing. */
export function step(state: GateState, event: GateEvent): Step {
  const places = new Map(state.places);
  const place = places.get(event.caller);
  if (event.type === 'arrive' && place === undefined && !isFull(state)) places.set(event.caller, 'loading');
  if (event.type === 'want' && place === 'loading') places.set(event.caller, 'queued'); // its turn is that of its arrival
  if (event.type === 'leave') places.delete(event.caller);
  const free = state.slots - count(places, 'slot');
  const granted = [...places].flatMap(([caller, at]) => (at === 'queued' ? [caller] : [])).slice(0, free);
  for (const caller of granted) places.set(caller, 'slot');
  return { state: { ...state, places }, granted };
}

const count = (places: GateState['places'], wanted: Place) =>
  [...places.values()].filter((place) => place === wanted).length;
