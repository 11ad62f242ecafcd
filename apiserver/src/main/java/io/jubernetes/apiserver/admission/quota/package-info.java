/// Holds what is created in a namespace to its resource quotas. Start at
/// [io.jubernetes.apiserver.admission.quota.ResourceQuota], the plugin;
/// [io.jubernetes.apiserver.admission.quota.QuotaCheck] decides, and there is one
/// [io.jubernetes.apiserver.admission.quota.Evaluator] for each sort of objects that is measured by more than
/// its number.
@NullMarked
package io.jubernetes.apiserver.admission.quota;

import org.jspecify.annotations.NullMarked;
