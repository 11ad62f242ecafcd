/// What is written down about requests: who asked for what, and what came of it. Start at
/// [io.jubernetes.apiserver.audit.Auditing]; an [io.jubernetes.apiserver.audit.AuditPolicy] says how much of which
/// requests, and backends take the events away.
@NullMarked
package io.jubernetes.apiserver.audit;

import org.jspecify.annotations.NullMarked;
