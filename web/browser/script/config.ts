// What the server writes behind the script, from the policy.

export interface Choice {
  id: string;
  /** On until the person objects. */
  out?: boolean;
  /** Off where the browser sends the Global Privacy Control signal. */
  gpc?: boolean;
  /** Hosts that it opens. */
  hosts?: string[];
}

export interface Tracker {
  name: string;
  kind: "cookie" | "pixel" | "beacon" | "storage";
  need?: boolean;
  choices?: string[];
  /** It belongs to somebody else, and this site cannot set it. */
  third?: boolean;
  /** Seconds; none: until the browser is closed. */
  life?: number;
}

export interface Words {
  title: string;
  intro: string;
  accept: string;
  reject: string;
  choose: string;
  save: string;
  close: string;
  settings: string;
  rules: string;
  needed: string;
  signal: string;
  policy: string;
  href: string;
  columns: string[];
  names: Record<string, string>;
  /** Rows of the table of trackers, by choice; "" for the necessary ones. */
  rows: Record<string, string[][]>;
}

export interface Config {
  /** Hash of the policy whose words are shown. */
  hash: string;
  revision: number;
  /** Where choices are sent. */
  base: string;
  /** Nothing undeclared is let through. */
  only?: boolean;
  hosts?: string[];
  /** Seconds for which a choice is remembered; 0 until the browser is closed, none if the policy has no cookie for it. */
  remember?: number;
  choices: Choice[];
  trackers: Tracker[];
  words?: Record<string, Words>;
}
