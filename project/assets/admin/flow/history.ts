/** Undo and redo. Changes that go on, such as typing in one field, are one step. */

import { useRef, useState } from "react";

const STEPS_KEPT = 200;
const GOES_ON_MS = 1_500;

type History<T> = { past: T[]; now: T; future: T[]; epoch: number };

export function useHistory<T>(start: T, onChange: (now: T) => void) {
  const [history, setHistory] = useState<History<T>>({ past: [], now: start, future: [], epoch: 0 });
  const going = useRef({ what: "", at: 0 });

  const put = (next: History<T>) => {
    setHistory(next);
    onChange(next.now);
  };
  const change = (next: T, what = "") => {
    if (JSON.stringify(next) === JSON.stringify(history.now)) return;
    const at = Date.now();
    const goesOn = what !== "" && what === going.current.what && at - going.current.at < GOES_ON_MS;
    going.current = { what, at };
    const past = goesOn ? history.past : [...history.past.slice(-STEPS_KEPT), history.now];
    put({ ...history, past, now: next, future: [] });
  };
  const undo = () => {
    const before = history.past.at(-1);
    if (before === undefined) return false;
    going.current.what = "";
    put({ past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], epoch: history.epoch + 1 });
    return true;
  };
  const redo = () => {
    const [next, ...rest] = history.future;
    if (next === undefined) return false;
    going.current.what = "";
    put({ past: [...history.past, history.now], now: next, future: rest, epoch: history.epoch + 1 });
    return true;
  };
  return { now: history.now, epoch: history.epoch, change, undo, redo, canUndo: history.past.length > 0, canRedo: history.future.length > 0 };
}
