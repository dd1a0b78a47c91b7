Console.WriteLine("beadswarm");
return 0;
