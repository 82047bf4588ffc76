// What the kernel client of @jupyterlab/services takes from its package root (see build.mjs).
exports.ServerConnection = require("@jupyterlab/services/lib/serverconnection").ServerConnection;
exports.CommsOverSubshells = require("@jupyterlab/services/lib/kernel/comm").CommsOverSubshells;
