/// The storage version garbage collector: keeps the reports about stored versions free of API servers that are gone.
@NullMarked
package io.jubernetes.controllermanager.storageversion;

import org.jspecify.annotations.NullMarked;
