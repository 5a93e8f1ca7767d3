import "./admin.css";
import "./records.css";
import "./customers.css";
import "./settlement.css";
