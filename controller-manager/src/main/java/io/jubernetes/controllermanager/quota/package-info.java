/// Counts what a namespace uses of its resource quotas: objects of any kind, and what pods, claims and services ask
/// for. [io.jubernetes.controllermanager.quota.QuotaUsage] counts,
/// [io.jubernetes.controllermanager.quota.ResourceQuotaController] writes it into the quotas' status. Refusing what
/// goes beyond is the API server's.
@NullMarked
package io.jubernetes.controllermanager.quota;

import org.jspecify.annotations.NullMarked;
