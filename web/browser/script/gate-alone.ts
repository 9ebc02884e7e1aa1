// The gate for sites that ask by themselves.

import type { Config } from "./config";
import { gate } from "./gate";

export default function (config: Config): void {
  Object.defineProperty(window, "avow", { value: gate(config) });
}
