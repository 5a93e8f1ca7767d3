import "./admin.css";
import "./records.css";
import "./broadcasts.css";
import "./customers.css";
import "./settlement.css";
import "./tickets.css";
import "./access";
import "./ticket_type";

// React and the builders are loaded only where a record is edited.
if (document.querySelector("form[data-edit-form]")) import("./builder").then(({ registerBuilders }) => registerBuilders());
