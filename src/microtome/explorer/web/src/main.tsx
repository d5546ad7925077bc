// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";
import "./style/tokens.css";
import "./style/base.css";
import { Explorer } from "./explorer";

render(<Explorer />, document.getElementById("app")!);
