/// What carries out a rule set: a [io.jubernetes.serviceproxy.backend.Backend] is told the rules that are to be
/// in force and changes the system by the difference. One package below for each way of doing it.
@NullMarked
package io.jubernetes.serviceproxy.backend;

import org.jspecify.annotations.NullMarked;
