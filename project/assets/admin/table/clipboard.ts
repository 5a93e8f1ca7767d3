/** Cells as spreadsheets put them on the clipboard: tabs and line ends, quoted where a cell holds one of these. */

export function parseCells(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let quoted = false;
  let begun = false;
  const endCell = () => {
    rows.at(-1)!.push(cell);
    cell = "";
    begun = false;
  };
  const source = text.replace(/\r\n?/g, "\n");
  for (let place = 0; place < source.length; place++) {
    const mark = source[place]!;
    if (quoted) {
      if (mark === '"' && source[place + 1] === '"') cell += source[++place];
      else if (mark === '"') quoted = false;
      else cell += mark;
    } else if (mark === '"' && !begun && isQuotedCell(source, place)) {
      quoted = begun = true;
    } else if (mark === "\t") endCell();
    else if (mark === "\n") {
      endCell();
      rows.push([]);
    } else {
      cell += mark;
      begun = true;
    }
  }
  endCell();
  // A spreadsheet ends the last row with a line end, too.
  const last = rows.at(-1)!;
  if (rows.length > 1 && last.length === 1 && last[0] === "") rows.pop();
  return rows;
}

/** A text cell of a table may itself begin with a quote: "gold". A spreadsheet quotes a cell only if it holds a tab, a
 *  line end or a quote, and then doubles the quotes inside. */
function isQuotedCell(source: string, start: number): boolean {
  let place = start + 1;
  let special = false;
  while (place < source.length) {
    if (source[place] === '"') {
      if (source[place + 1] !== '"') break;
      special = true;
      place += 2;
      continue;
    }
    if (source[place] === "\n" || source[place] === "\t") special = true;
    place++;
  }
  const after = source[place + 1];
  return special && place < source.length && (after === undefined || after === "\t" || after === "\n");
}

export const formatCells = (rows: string[][]): string =>
  rows.map((row) => row.map((cell) => (/[\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join("\t")).join("\n");
