/// `apiregistration.k8s.io`: which server answers for which API version.
@NullMarked
package io.jubernetes.apiserver.registry.apiregistration;

import org.jspecify.annotations.NullMarked;
