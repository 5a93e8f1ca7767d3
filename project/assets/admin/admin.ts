import "./admin.css";
